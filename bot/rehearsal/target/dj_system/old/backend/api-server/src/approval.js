// The V2 approval flow: a project is assigned a template, whose first step has approvers.
import { required } from './answers.js'
import { database } from './database.js'

export async function firstState(projectId, jobTypeId) {
  required(await database.jobType.findUnique({ where: { id: jobTypeId } }), 400, 'There is no such job type.')
  const assignment = await database.projectFlowAssignment.findFirst({ where: { projectId } })
  required(assignment, 422, 'The project has no approval flow.')
  const step = await database.approvalFlowStep.findFirst({
    where: { templateId: assignment.templateId },
    orderBy: { position: 'asc' },
  })
  const approver = await database.projectFlowApprover.findFirst({ where: { assignmentId: assignment.id } })
  required(step && approver, 422, 'The approval flow has no approver.')
  return { status: 'pending_approval' }
}

export function templates() {
  return database.approvalFlowTemplate.findMany({ orderBy: { id: 'asc' } })
}

export function flows() {
  return database.approvalFlow.findMany({ orderBy: { id: 'asc' } })
}
