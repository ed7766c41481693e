// Admin > Approval Flow, extended V1: a job type and whether it skips the approval.
import { element, get } from './page.js'

export async function approvalFlow() {
  const types = await get('/api/job-types')
  const flows = await get('/api/approval-flows')
  const select = element('select', { id: 'job-type' }, ...types.map(({ id, name }) => element('option', { value: id }, name)))
  const toggle = element('input', { id: 'skip-approval', type: 'checkbox' })
  const showFlow = () => {
    const found = flows.find((flow) => flow.jobTypeId === Number(select.value))
    toggle.checked = Boolean(found?.skipApproval)
  }
  select.addEventListener('change', showFlow)
  showFlow()
  return [
    element('h1', {}, 'Approval Flow'),
    element('label', { htmlFor: 'job-type' }, 'Job Type'), select,
    element('label', { htmlFor: 'skip-approval' }, 'Skip Approval'), toggle,
  ]
}
