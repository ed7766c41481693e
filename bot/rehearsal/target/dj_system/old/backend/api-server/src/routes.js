// The table of routes: method, path, who may call, and the function that answers.
import * as approval from './approval.js'
import { database } from './database.js'
import * as jobs from './jobs.js'
import { metrics } from './metrics.js'
import { login } from './users.js'

export const before = async () => {}

export const routes = [
  ['POST', '/api/login', 'anyone', login],
  ['GET', '/api/jobs', 'anyone', jobs.list],
  ['GET', '/api/jobs/:id', 'anyone', jobs.read],
  ['POST', '/api/jobs', 'user', jobs.create, 201],
  ['POST', '/api/jobs/:id/approve', 'user', jobs.approve],
  ['DELETE', '/api/jobs/:id', 'user', jobs.remove],
  ['GET', '/api/job-types', 'anyone', () => database.jobType.findMany({ orderBy: { id: 'asc' } })],
  ['GET', '/api/metrics', 'anyone', metrics],
  ['GET', '/api/approval-templates', 'anyone', approval.templates],
  ['GET', '/api/approval-flows', 'anyone', approval.flows],
]
