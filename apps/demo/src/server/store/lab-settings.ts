import type { DatabaseSync } from 'node:sqlite'
import { type LabChange, type LabSettings, labSettings, NO_FAULTS } from '../../shared/api.ts'
import { query } from './query.ts'

/** The settings of one visitor's laboratory, and how often they have pressed its buttons. */
export interface LabState {
  readonly settings: LabSettings
  /** Rises with each cut. */
  readonly cuts: number
  /** Milliseconds since the epoch. */
  readonly offlineUntil: number | null
  /** When they asked for the server that writes for them to be killed, in milliseconds since the epoch. */
  readonly killAt: number | null
}

const UNTOUCHED: LabState = { settings: NO_FAULTS, cuts: 0, offlineUntil: null, killAt: null }

/** How soon an instance notices what another one has written, in milliseconds. */
const LOOK_EVERY_MS = 200

/**
 * Each visitor's laboratory, in the database that all instances share: whichever instance is asked, the one that has
 * the connection or the run acts.
 */
export class LabSettingsStore {
  readonly #statements: ReturnType<typeof prepare>
  readonly #isShared: boolean
  readonly #listeners = new Set<() => void>()
  #looking: NodeJS.Timeout | undefined
  #version: number

  constructor(database: DatabaseSync, { isShared }: { readonly isShared: boolean }) {
    this.#statements = prepare(database)
    this.#isShared = isShared
    this.#version = this.#readVersion()
  }

  get(visitor: string): LabState {
    const row = this.#statements.get.get(visitor)
    if (row === undefined) return UNTOUCHED
    // Another version of the server may have written another form.
    const settings = labSettings.safeParse(JSON.parse(row.settings))
    return { ...row, settings: settings.data ?? NO_FAULTS }
  }

  change(visitor: string, { provider, network, capacity }: LabChange): void {
    const { settings } = this.get(visitor)
    this.#set(visitor, {
      provider: { ...settings.provider, ...provider },
      network: { ...settings.network, ...network },
      capacity: capacity ?? settings.capacity,
    })
  }

  /** As it is without a laboratory. The counts stay, since others compare them. */
  reset(visitor: string): void {
    this.#set(visitor, NO_FAULTS)
    this.#statements.online.run(visitor)
    this.#tell()
  }

  cut(visitor: string, offlineUntil: number | null): void {
    this.#statements.cut.run(visitor, JSON.stringify(NO_FAULTS), offlineUntil, offlineUntil)
    this.#tell()
  }

  kill(visitor: string): void {
    const now = Date.now()
    this.#statements.kill.run(visitor, JSON.stringify(NO_FAULTS), now, now)
    this.#tell()
  }

  /** Calls back when anything may have changed, here or on another instance. Returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#isShared) this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      clearInterval(this.#looking)
      this.#looking = undefined
    }
  }

  #set(visitor: string, settings: LabSettings): void {
    const json = JSON.stringify(settings)
    this.#statements.set.run(visitor, json, json)
    this.#tell()
  }

  /** SQLite counts what other connections have committed: to ask for it costs next to nothing. */
  #look(): void {
    const version = this.#readVersion()
    if (version === this.#version) return
    this.#version = version
    this.#tell()
  }

  #readVersion(): number {
    return this.#statements.version.get()!.data_version
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function prepare(database: DatabaseSync) {
  return {
    get: query<Omit<LabState, 'settings'> & { readonly settings: string }>(
      database,
      'SELECT settings, cuts, offline_until AS offlineUntil, kill_at AS killAt FROM labs WHERE visitor = ?',
    ),
    set: database.prepare(
      'INSERT INTO labs (visitor, settings) VALUES (?, ?) ON CONFLICT (visitor) DO UPDATE SET settings = ?',
    ),
    cut: database.prepare(
      `INSERT INTO labs (visitor, settings, cuts, offline_until) VALUES (?, ?, 1, ?)
       ON CONFLICT (visitor) DO UPDATE SET cuts = cuts + 1, offline_until = ?`,
    ),
    online: database.prepare('UPDATE labs SET offline_until = NULL WHERE visitor = ?'),
    kill: database.prepare(
      'INSERT INTO labs (visitor, settings, kill_at) VALUES (?, ?, ?) ON CONFLICT (visitor) DO UPDATE SET kill_at = ?',
    ),
    version: query<{ data_version: number }>(database, 'PRAGMA data_version'),
  }
}
