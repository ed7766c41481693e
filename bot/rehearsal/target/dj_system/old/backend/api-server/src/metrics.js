// The API's counters since its start.
const counts = { requests: 0, errors: 0, jobCreations: 0, jobCreationFailures: 0 }
const since = new Date().toISOString()

export function count(method, path, status) {
  counts.requests += 1
  if (status >= 500) counts.errors += 1
  if (method !== 'POST' || path !== '/api/jobs') return
  counts.jobCreations += 1
  if (status >= 500) counts.jobCreationFailures += 1
}

export function metrics() {
  return { since, ...counts, memoryBytes: process.memoryUsage().rss }
}
