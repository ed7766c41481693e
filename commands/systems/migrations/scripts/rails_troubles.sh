# What `db:migrate` refuses before it applies anything: two files with one number or one name.
$PROGRAM runner "$DATABASES"'
databases.each do |one|
  at.call(one).open
rescue ActiveRecord::MigrationError => error
  puts "\ngonogo-migration-trouble=" + error.class.name.split("::").last.delete_suffix("Error") + ": " + error.message.split.join(" ")
end
'
