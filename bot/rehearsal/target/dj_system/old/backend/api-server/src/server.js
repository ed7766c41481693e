// The HTTP server: finds the route, identifies the user, answers JSON, and logs errors.
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'

if (existsSync('.env')) process.loadEnvFile('.env')
const { count } = await import('./metrics.js')
const { before, routes } = await import('./routes.js')
const { userOf } = await import('./users.js')

const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
const boot = { what: 'boot', at: Date.now() / 1000, pid: process.pid, commit }

function find(method, path) {
  for (const [verb, pattern, who, handler, status = 200] of routes) {
    const match = new RegExp(`^${pattern.replace(':id', '(?<id>\\d+)')}$`).exec(path)
    if (verb === method && match) return { who, handler, status, parameters: match.groups ?? {} }
  }
  return null
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {}
}

async function respond(request, path) {
  // Health checks the process only, so it answers ok even when the tables are wrong.
  if (path === '/api/health') return [200, { status: 'ok', commit, pid: process.pid, uptime: process.uptime() }]
  const route = find(request.method, path)
  if (!route) return [404, { error: `There is no ${request.method} ${path}.` }]
  await before(request.method, path)
  const user = route.who === 'user' ? await userOf(request) : null
  const body = request.method === 'POST' ? await bodyOf(request) : {}
  return [route.status, await route.handler({ body, user, parameters: route.parameters })]
}

async function handle(request, response) {
  const path = new URL(request.url, 'http://localhost').pathname
  let [status, body] = [500, { error: 'Internal error.' }]
  try {
    ;[status, body] = await respond(request, path)
  } catch (error) {
    if (error.status) [status, body] = [error.status, { error: error.message }]
    else {
      const line = `ERROR ${request.method} ${path} ${error.message.replaceAll('\n', ' ')}`
      console.error(`${new Date().toISOString()} ${line}`)
    }
  }
  count(request.method, path, status)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

createServer(handle).listen(Number(process.env.PORT), '127.0.0.1', () => {
  appendFileSync(process.env.AUDIT_LOG, `${JSON.stringify(boot)}\n`)
  console.log(`${new Date().toISOString()} INFO listening on ${process.env.PORT} at ${commit}`)
})
