# What `migrate deploy` has not applied, one a line.
prisma_told
prisma_lists 'not (yet )?been applied:'
