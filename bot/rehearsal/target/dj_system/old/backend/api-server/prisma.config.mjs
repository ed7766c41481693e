// Prisma's settings: the JavaScript engine over the pg driver; migrations connect as the owner of the tables.
import { existsSync } from 'node:fs'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'

const NAME = 19
const TEXT = 25

if (existsSync('.env')) process.loadEnvFile('.env')

// The engine never clears its ten-second lock timer. Without this the command would stay alive after its work.
const LOCK_TIMER = 10_000
const originalSetTimeout = globalThis.setTimeout
globalThis.setTimeout = (callback, delay, ...rest) => {
  const timer = originalSetTimeout(callback, delay, ...rest)
  return delay === LOCK_TIMER ? timer.unref() : timer
}

// The catalog has columns of type "name", which this adapter cannot read. It can read them as text.
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
