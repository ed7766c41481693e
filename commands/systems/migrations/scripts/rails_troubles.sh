# What `db:migrate` refuses before it applies anything: two files with one number or one name.
$PROGRAM runner '
base = ActiveRecord::Base
context = base.connection_pool.respond_to?(:migration_context) ? base.connection_pool.migration_context : base.connection.migration_context
begin
  context.open
rescue ActiveRecord::MigrationError => error
  puts "\ngonogo-migration-trouble=" + error.class.name.split("::").last.delete_suffix("Error") + ": " + error.message.split.join(" ")
end
'
