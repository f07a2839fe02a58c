/** What reaches a person: one entry per message, and one per alert where Alertmanager posts its own format. */
export interface ReadNotification {
  status: "firing" | "resolved";
  alertname?: string;
  summary: string;
  links: string[];
  text: string;
}

type Fields = Record<string, unknown>;

/** As templates/tts.tmpl writes it. */
const TITLE = /^\[(?:FIRING(?::\d+)?|RESOLVED)\] (.+?)(?:: (.*))?$/s;
const URLS = /https?:\/\/\S+/g;

/** Reads a PagerDuty event, a Slack-compatible message or what Alertmanager posts to a webhook. */
export function readNotification(body: unknown): ReadNotification[] {
  const message = fieldsOf(body);
  if ("event_action" in message) return [readEvent(message)];
  if ("attachments" in message) return listOf(message["attachments"]).map(readAttachment);
  if ("alerts" in message) return listOf(message["alerts"]).map(readAlert);
  throw new TypeError("neither a PagerDuty event nor a Slack message nor Alertmanager's");
}

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
function readEvent(event: Fields): ReadNotification {
  const payload = fieldsOf(event["payload"]);
  const details = fieldsOf(payload["custom_details"]);
  const links = listOf(event["links"]).map((link) => textOf(link["href"]));
  return {
    status: event["event_action"] === "resolve" ? "resolved" : "firing",
    ...readTitle(textOf(payload["summary"])),
    links: present([textOf(event["client_url"]), ...links]),
    text: textOf(details["alerts"]),
  };
}

/** https://api.slack.com/reference/messaging/attachments */
function readAttachment(attachment: Fields): ReadNotification {
  const title = textOf(attachment["title"]);
  const text = textOf(attachment["text"]);
  return {
    status: title.startsWith("[RESOLVED]") ? "resolved" : "firing",
    ...readTitle(title),
    links: present([textOf(attachment["title_link"]), ...(text.match(URLS) ?? [])]),
    text,
  };
}

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
function readAlert(alert: Fields): ReadNotification {
  const annotations = fieldsOf(alert["annotations"]);
  return {
    status: alert["status"] === "resolved" ? "resolved" : "firing",
    ...named(textOf(fieldsOf(alert["labels"])["alertname"])),
    summary: textOf(annotations["summary"]),
    links: present([textOf(annotations["runbook_url"]), textOf(annotations["dashboard_url"])]),
    text: textOf(annotations["description"]),
  };
}

function readTitle(title: string): Pick<ReadNotification, "alertname" | "summary"> {
  const [, alertname = "", summary = ""] = TITLE.exec(title) ?? [];
  return alertname ? { ...named(alertname), summary } : { summary: title };
}

const named = (alertname: string) => (alertname ? { alertname } : {});
const present = (links: string[]) => [...new Set(links.filter(Boolean))];
const textOf = (value: unknown) => (typeof value === "string" ? value : "");
const listOf = (value: unknown) => (Array.isArray(value) ? value.map(fieldsOf) : []);

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
