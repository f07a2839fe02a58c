/** A worker's slot name, the value of Prometheus' label `worker`; the same in migrations/0001_tasks.sql. */
export const WORKER_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Completes "must be …". */
export const WORKER_NAME_ACCEPTS = "1 to 64 of A-Z a-z 0-9 _ . -";
