# What `validate` says of applied migrations, because `migrate` refuses that, unless validateOnMigrate is off. The others are still
# to be applied. An older Flyway could be told to clean the database where that fails, which the option keeps it from, also in a
# container, where the variables do not arrive.
files=$(sed -nE 's/^.*-configFiles=([^ ]+).*$/\1/p' <<< "$PROGRAM ")
configured=${FLYWAY_CONFIG_FILES-}
settings=$(env | grep '^FLYWAY_' || true; cat flyway.conf conf/flyway.conf flyway.toml flyway.user.toml ~/flyway.conf ${configured//,/ } ${files//,/ } 2> /dev/null) || true
if ! grep -v '^[[:space:]]*#' <<< "$PROGRAM"$'\n'"$settings" | grep -iE 'validate_?on_?migrate"?[[:space:]]*=[[:space:]]*"?false' > /dev/null; then
  said=$(FLYWAY_CLEAN_DISABLED=true FLYWAY_CLEAN_ON_VALIDATION_ERROR=false $PROGRAM validate -cleanDisabled=true 2>&1) ||
    sed -nE 's/^.*((Migration (checksum|type|description) mismatch|Detected applied migration not resolved|Detected failed).*)$/gonogo-migration-trouble=\1/p' <<< "$said"
fi
