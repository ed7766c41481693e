# What `migrate deploy` has not applied, one a line.
prisma_told
awk '/not (yet )?been applied:/ { on = 1; next } on && !NF { exit } on { print $1 }' <<< "$told"
