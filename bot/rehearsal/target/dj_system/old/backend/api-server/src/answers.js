// The error that a route throws to answer with a status other than its own.
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

export function required(value, status, message) {
  if (!value) throw new Refusal(status, message)
  return value
}
