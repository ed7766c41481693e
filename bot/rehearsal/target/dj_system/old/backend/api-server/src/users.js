// Users: login by password, and the user of a bearer token.
import { scryptSync, timingSafeEqual } from 'node:crypto'
import { required } from './answers.js'
import { database } from './database.js'

function matches(password, stored) {
  const [salt, hash] = stored.split(':')
  const expected = Buffer.from(hash, 'hex')
  return timingSafeEqual(scryptSync(password, Buffer.from(salt, 'hex'), expected.length), expected)
}

export async function login({ body }) {
  const user = await database.user.findUnique({ where: { email: String(body.email) } })
  required(user && matches(String(body.password), user.passwordHash), 401, 'Email or password is wrong.')
  return { token: user.token, user: { id: user.id, name: user.name, role: user.role } }
}

export async function userOf(request) {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
  const user = token && (await database.user.findUnique({ where: { token } }))
  return required(user, 401, 'Send a bearer token.')
}
