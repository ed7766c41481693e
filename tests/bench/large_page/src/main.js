// The target's own page, with many components below it.
import { approvalFlow } from './admin.js'
import { element, get } from './page.js'
import './components.js'

async function jobs() {
  const rows = (await get('/api/jobs')).map((job) => element('li', {}, `#${job.id} ${job.subject}: ${job.status}`))
  return [element('h1', {}, 'Jobs'), element('ul', {}, ...rows)]
}

const page = location.pathname === '/admin/approval-flow' ? approvalFlow : jobs
const show = (...children) => document.querySelector('#page').replaceChildren(...children)
page().then((children) => show(...children), (error) => show(element('p', { role: 'alert' }, error.message)))
