# What `migrate status` says, in $told.
prisma_told() { told=$($PROGRAM migrate status 2>&1) || true; }
# prisma_lists HEAD: the migrations that $told names below the line with HEAD, one a line.
prisma_lists() { awk -v "head=$1" '$0 ~ head { on = 1; next } on && !NF { exit } on { print $1 }' <<< "$told"; }
# prisma_says SQL: what this block of PL/pgSQL, which $told has found the database for, puts into `said`. Prisma has no command that
# shows rows, and so an exception carries it. Before version 7 it has to be told where the database is.
prisma_says() {
  local block="DO \$\$DECLARE said text; BEGIN $1; RAISE EXCEPTION 'gonogo-said:%:', said; END\$\$;" schema out
  schema=$(sed -nE 's/^Prisma schema loaded from (.*[^.])\.?$/\1/p' <<< "$told")
  out=$($PROGRAM db execute --stdin 2>&1 <<< "$block") || true
  [[ $out == *gonogo-said:* || -z $schema ]] || out=$($PROGRAM db execute --stdin --schema "${schema%%$'\n'*}" 2>&1 <<< "$block") || true
  sed -nE 's/.*gonogo-said:([^:]*):.*/\1/p' <<< "$out" | sed -n 1p
}
