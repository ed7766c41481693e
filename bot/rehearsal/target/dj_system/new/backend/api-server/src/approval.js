// The extended V1 approval flow: a flow can belong to one job type, and can skip the approval.
import { required } from './answers.js'
import { database } from './database.js'

const skipped = (flow) => ({ status: 'assigned', assigneeId: flow.autoAssignUserId })

export async function firstState(projectId, jobTypeId) {
  required(await database.jobType.findUnique({ where: { id: jobTypeId } }), 400, 'There is no such job type.')
  const active = { projectId, isActive: true }
  const flow =
    (await database.approvalFlow.findFirst({ where: { ...active, jobTypeId }, orderBy: { id: 'desc' } })) ??
    (await database.approvalFlow.findFirst({ where: { ...active, jobTypeId: null }, orderBy: { level: 'asc' } }))
  required(flow, 422, 'The project has no approval flow.')
  return flow.skipApproval ? skipped(flow) : { status: 'pending_approval' }
}

export function flows() {
  return database.approvalFlow.findMany({ orderBy: { id: 'asc' } })
}

export function createFlow({ body, user }) {
  const { projectId, jobTypeId, skipApproval = false, autoAssignUserId = null } = body
  const autoAssignType = autoAssignUserId === null ? null : 'user'
  return database.approvalFlow.create({
    data: { projectId, level: 1, approverId: user.id, jobTypeId, skipApproval, autoAssignType, autoAssignUserId },
  })
}
