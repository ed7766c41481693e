// Prisma's settings: the pure JavaScript engine over the pg driver, with the owner's address for migrations.
import { existsSync } from 'node:fs'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'

const NAME = 19
const TEXT = 25

if (existsSync('.env')) process.loadEnvFile('.env')

// The engine never clears its ten-second lock timer, which would keep the command alive long after its work.
const LOCK_TIMER = 10_000
const later = globalThis.setTimeout
globalThis.setTimeout = (act, delay, ...rest) => {
  const timer = later(act, delay, ...rest)
  return delay === LOCK_TIMER ? timer.unref() : timer
}

// The catalog answers columns of type "name", which this adapter cannot read; they read well as text.
function readNamesAsText(client) {
  client.connection.prependListener('rowDescription', ({ fields }) => {
    for (const field of fields) if (field.dataTypeID === NAME) field.dataTypeID = TEXT
  })
}

export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: 'prisma/schema.prisma',
  adapter: async () => {
    const pool = new pg.Pool({ connectionString: process.env.MIGRATE_DATABASE_URL, idleTimeoutMillis: 100 })
    pool.on('connect', readNamesAsText)
    return new PrismaPg(pool, { disposeExternalPool: true })
  },
}
