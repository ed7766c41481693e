# Prisma's `migrate deploy` refuses a schema that holds tables where it has recorded no migration (P3005); `migrate status` does not say so.
[ -z "$state" ] || return 0
prisma_told
if [ yes = "$(prisma_says "SELECT 'yes' INTO said FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND relname <> '_prisma_migrations'
    AND relnamespace = to_regnamespace(quote_ident(current_schema())) LIMIT 1")" ]; then
  echo 'gonogo-migration-trouble=P3005: the database schema is not empty, and Prisma has recorded no migration in it'
fi
