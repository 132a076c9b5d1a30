import { ERROR_TYPES } from '@sluice/core'

/**
 * Why a socket is closed (RFC 6455 §7.4). From 4000 on the client may reconnect, from 4500 on it must not. Those that
 * belong to an error type are in core's table.
 */
export const CLOSE = {
  tooBig: 1009,
  /** Something failed here; the server's log has it. */
  internalError: 1011,
  shuttingDown: ERROR_TYPES.shutting_down.closeCode,
  capacity: ERROR_TYPES.capacity.closeCode,
  /** No `connection_init` within the deadline, or no answer to a `ping`. */
  timeout: 4408,
  slowConsumer: ERROR_TYPES.flow_control_timeout.closeCode,
  rateLimit: ERROR_TYPES.rate_limit.closeCode,
  protocolError: ERROR_TYPES.protocol_error.closeCode,
  notAuthenticated: ERROR_TYPES.authentication.closeCode,
  forbidden: ERROR_TYPES.permission_denied.closeCode,
  subprotocol: 4506,
} as const
