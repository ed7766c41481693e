# Ruby for the runner: `databases` that `db:migrate` goes through, [nil] if Rails does not tell them, and `at`, which connects to one
# of them and gives its migrations. Rails' own tasks (`db:migrate:down:NAME`) are not there where database.yml computes the names.
DATABASES='
base = ActiveRecord::Base
ActiveRecord::Migrator.migrations_paths = ActiveRecord::Tasks::DatabaseTasks.migrations_paths
databases = base.configurations.respond_to?(:configs_for) ? base.configurations.configs_for(env_name: Rails.env) : []
databases = [nil] if databases.empty?
at = lambda do |one|
  base.establish_connection(one.respond_to?(:configuration_hash) ? one : one.config) if one # Rails 6.0 takes no other
  base.connection_pool.respond_to?(:migration_context) ? base.connection_pool.migration_context : base.connection.migration_context
end
'
