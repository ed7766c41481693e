// Jobs: list, read, create, approve, delete.
import { required, Refusal } from './answers.js'
import { firstState } from './approval.js'
import { database } from './database.js'

const idOf = ({ parameters }) => Number(parameters.id)

export function list() {
  return database.job.findMany({ orderBy: { id: 'desc' }, take: 50 })
}

export async function read(call) {
  return required(await database.job.findUnique({ where: { id: idOf(call) } }), 404, 'There is no such job.')
}

export async function create({ body, user }) {
  const due = new Date(body.dueDate)
  if (!body.subject || Number.isNaN(due.getTime())) throw new Refusal(400, 'A job needs a subject and a dueDate.')
  const state = await firstState(body.projectId, body.jobTypeId)
  return database.job.create({
    data: {
      projectId: body.projectId, jobTypeId: body.jobTypeId, subject: body.subject, dueDate: due,
      requesterId: user.id, ...state,
    },
  })
}

export async function approve(call) {
  if (call.user.role !== 'approver') throw new Refusal(403, 'Only an approver may approve.')
  const job = await read(call)
  if (job.status !== 'pending_approval') throw new Refusal(409, `The job is ${job.status}.`)
  await database.job.update({ where: { id: job.id }, data: { status: 'approved' } })
  return { success: true }
}

export async function remove(call) {
  const job = await read(call)
  await database.job.delete({ where: { id: job.id } })
  return { success: true }
}
