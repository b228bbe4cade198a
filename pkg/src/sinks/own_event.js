/** An event that a sink itself tells, in the shape of all others. Its `text` is the line that sinks write. */
export function ownEvent(type, producer, payload) {
  const id = crypto.randomUUID();
  const event = {
    event_id: id,
    event_type: type,
    timestamp: new Date().toISOString(),
    producer_id: producer,
    correlation_id: null,
    idempotency_key: `${type}:${id}`,
    ...payload,
  };
  Object.defineProperty(event, "text", { value: JSON.stringify(event) });
  return event;
}
