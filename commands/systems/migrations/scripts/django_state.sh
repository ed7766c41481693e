# app=migration: the newest applied one of each app
$PROGRAM showmigrations --list --no-color |
  awk '/^[^ ]/ { app = $1 } $1 == "[X]" { newest[app] = $2 } END { for (app in newest) print app "=" newest[app] }' |
  sort
