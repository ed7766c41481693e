-- Defers the foreign keys to the end, so that rows may come in any order, and disables triggers and rules.
INSERT INTO gonogo.receipts (key, name, sha256) VALUES (:'key', :'file', :'sum');
CREATE TEMP TABLE gonogo_keys AS
SELECT t.name, k.conname, k.condeferrable FROM pg_constraint k JOIN gonogo_tables t ON t.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT k.condeferred;
CREATE TEMP TABLE gonogo_triggers AS
-- before PostgreSQL 15 a partition's trigger that comes from its table counts as the server's own, and only goes with the one there
WITH RECURSIVE above (oid) AS (
  SELECT g.tgparentid FROM pg_trigger g JOIN gonogo_tables t ON t.oid = g.tgrelid WHERE g.tgisinternal AND g.tgenabled <> 'D'
  UNION SELECT g.tgparentid FROM above JOIN pg_trigger g USING (oid) WHERE g.tgisinternal
)
SELECT format('%I.%I', n.nspname, c.relname) AS name, g.tgname, g.tgenabled
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND (c.oid IN (SELECT oid FROM gonogo_tables) OR g.oid IN (TABLE above))
-- a partition's trigger goes with the one of its table, where that is named as well
AND NOT EXISTS (SELECT FROM pg_trigger of JOIN gonogo_tables o ON o.oid = of.tgrelid WHERE of.oid = g.tgparentid);
CREATE TEMP TABLE gonogo_rules AS
SELECT t.name, r.rulename, r.ev_enabled FROM pg_rewrite r JOIN gonogo_tables t ON t.oid = r.ev_class
WHERE r.ev_type IN ('2', '3') AND r.ev_enabled <> 'D';
SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY DEFERRED', name, conname) FROM gonogo_keys \gexec
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', name, tgname) FROM gonogo_triggers \gexec
SELECT format('ALTER TABLE %s DISABLE RULE %I', name, rulename) FROM gonogo_rules \gexec
