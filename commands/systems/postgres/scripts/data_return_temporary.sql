-- What `data_return_copies.awk` writes into: the tables of an archive, and the values of its sequences.
CREATE TEMP TABLE gonogo_copies
  (copy text, name text, columns text, archived bigint, there bigint, back bigint, filled bigint DEFAULT 0, lost bigint DEFAULT 0);
CREATE TEMP TABLE gonogo_at (name text, value bigint, called boolean);
