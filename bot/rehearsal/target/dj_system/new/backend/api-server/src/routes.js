// The table of routes: method, path, who may call, and the function that answers.
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as approval from './approval.js'
import { database } from './database.js'
import * as jobs from './jobs.js'
import { metrics } from './metrics.js'
import { login } from './users.js'

// Faults that a rehearsal switches on in this release while it runs: one file for each.
export async function before(method, path) {
  const slow = `${process.env.FAULTS}/slow`
  if (existsSync(slow)) await sleep(Number(readFileSync(slow, 'utf8')) * 1000)
  const broken = method === 'POST' && path === '/api/jobs' && existsSync(`${process.env.FAULTS}/job-errors`)
  if (broken) throw new Error('job creation is broken')
}

export const routes = [
  ['POST', '/api/login', 'anyone', login],
  ['GET', '/api/jobs', 'anyone', jobs.list],
  ['GET', '/api/jobs/:id', 'anyone', jobs.read],
  ['POST', '/api/jobs', 'user', jobs.create, 201],
  ['POST', '/api/jobs/:id/approve', 'user', jobs.approve],
  ['DELETE', '/api/jobs/:id', 'user', jobs.remove],
  ['GET', '/api/job-types', 'anyone', () => database.jobType.findMany({ orderBy: { id: 'asc' } })],
  ['GET', '/api/metrics', 'anyone', metrics],
  ['GET', '/api/approval-flows', 'anyone', approval.flows],
  ['POST', '/api/approval-flows', 'user', approval.createFlow, 201],
]
