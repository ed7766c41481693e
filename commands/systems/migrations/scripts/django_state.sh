# The newest applied migration of each app, as app=migration.
$PROGRAM showmigrations --list --no-color |
  awk '/^[^ ]/ { app = $1 } $1 == "[X]" { newest[app] = $2 } END { for (app in newest) print app "=" newest[app] }' |
  sort
