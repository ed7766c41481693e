# What `migrate status` says, in $told.
prisma_told() { told=$($PROGRAM migrate status 2>&1) || true; }
# prisma_lists HEAD: the migrations that $told names below the line with HEAD, one a line.
prisma_lists() { awk -v "head=$1" '$0 ~ head { on = 1; next } on && !NF { exit } on { print $1 }' <<< "$told"; }
# prisma_says SQL: what this block of PL/pgSQL, which $told has found the database for, puts into `said`. Prisma has no command that
# shows rows, and so an exception carries it. Up to version 6 it has to be told where the database is, and 7 knows no such option.
prisma_says() {
  local block="DO \$\$DECLARE said text; BEGIN $1; RAISE EXCEPTION 'gonogo-said:%:', said; END\$\$;" schema out=
  execute() { $PROGRAM db execute --stdin "$@" 2>&1 <<< "$block" || true; }
  schema=$(sed -nE 's/^Prisma schema loaded from (.*[^.])\.?$/\1/p' <<< "$told" | sed -n 1p)
  is_new() { [[ $told == *'Loaded Prisma config'* && $told != *'skipping environment variable'* ]]; }
  [ -z "$schema" ] || is_new || out=$(execute --schema "$schema")
  [[ $out == *gonogo-said:* ]] || out=$(execute)
  [[ $out == *gonogo-said:* || -z $schema ]] || ! is_new || out=$(execute --schema "$schema")
  sed -nE 's/.*gonogo-said:([^:]*):.*/\1/p' <<< "$out" | sed -n 1p
}
