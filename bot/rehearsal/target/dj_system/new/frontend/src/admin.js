// Admin > Approval Flow, extended V1: a job type and whether it skips the approval.
import { element, get } from './page.js'

export async function approvalFlow() {
  const types = await get('/api/job-types')
  const flows = await get('/api/approval-flows')
  const options = types.map(({ id, name }) => element('option', { value: id }, name))
  const select = element('select', { id: 'job-type' }, ...options)
  const toggle = element('input', { id: 'skip-approval', type: 'checkbox' })
  const showFlow = () => {
    const flow = flows.find(({ jobTypeId }) => jobTypeId === Number(select.value))
    toggle.checked = Boolean(flow?.skipApproval)
  }
  select.addEventListener('change', showFlow)
  showFlow()
  return [
    element('h1', {}, 'Approval Flow'),
    element('label', { htmlFor: 'job-type' }, 'Job Type'), select,
    element('label', { htmlFor: 'skip-approval' }, 'Skip Approval'), toggle,
  ]
}
