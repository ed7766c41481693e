// Admin > Approval Flow, V2: the list of templates.
import { element, get } from './page.js'

export async function approvalFlow() {
  const templates = await get('/api/approval-templates')
  const rows = templates.map((template) => element('li', {}, template.name))
  return [element('h1', {}, 'Approval Flow Templates'), element('ul', {}, ...rows)]
}
