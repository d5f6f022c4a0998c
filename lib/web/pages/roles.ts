import type { Role } from '../../policy/policy.ts';

/** Roles as people say them: `release manager, risk owner`. */
export function rolesInWords(roles: readonly Role[]): string {
  return roles.map((role) => role.replaceAll('-', ' ')).join(', ');
}
