# Prisma's `migrate deploy` refuses a schema that holds tables where it has recorded no migration (P3005); `migrate status` does not say so.
[ -z "${state-$(migration_state)}" ] || return 0
not_empty() {
  local said
  said=$($PROGRAM db execute --stdin "$@" 2>&1 <<< "DO \$\$BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND relname <> '_prisma_migrations'
      AND relnamespace = to_regnamespace(quote_ident(current_schema()))) THEN RAISE EXCEPTION 'gonogo-not-empty'; END IF;
    END\$\$;") || true
  [[ $said == *gonogo-not-empty* ]]
}
# before version 7 it has to be told where the database is
schema=$($PROGRAM migrate status 2>&1 | sed -nE 's/^Prisma schema loaded from (.*[^.])\.?$/\1/p') || true
if not_empty || { [ -n "$schema" ] && not_empty --schema "${schema%%$'\n'*}"; }; then
  echo 'gonogo-migration-trouble=P3005: the database schema is not empty, and Prisma has recorded no migration in it'
fi
