// A transcript as people read it: who spoke, what was asked for, what came of it.
import type { ActionCall, Json, Step } from '../domain/step.ts';
import { duration, indent, shortCommit } from './text.ts';

export function stepText({ step, content, checkpoint }: Step): string {
  switch (content.kind) {
    case 'message':
      return block(`${step}  ${content.from}`, content.text);
    case 'assistant': {
      const { inputTokens, outputTokens } = content.usage;
      const tokens = inputTokens + outputTokens === 0 ? '' : `, ${inputTokens} tokens in, ${outputTokens} out`;
      return block(`${step}  ${content.provider} (${content.model}${tokens})`, [
        content.text,
        ...content.calls.map(callText),
      ]);
    }
    case 'result': {
      const outcome =
        content.status === 'ok' ? 'ok' : `failed${content.code === undefined ? '' : ` (${content.code})`}`;
      const workspace = checkpoint === null ? '' : `, workspace ${shortCommit(checkpoint)}`;
      const heading = `${step}  ${content.action}: ${outcome}, ${duration(content.durationMs)}${workspace}`;
      return block(heading, [
        content.text,
        content.end === undefined ? '' : `end: ${content.end.kind}, ${content.end.summary}`,
      ]);
    }
    default:
      return content satisfies never;
  }
}

const block = (heading: string, text: string | readonly string[]): string =>
  [
    '',
    heading,
    indent(
      [text]
        .flat()
        .filter((part) => part.trim() !== '')
        .join('\n')
        .trimEnd(),
      '   ',
    ),
  ]
    .join('\n')
    .trimEnd();

const callText = ({ action, arguments: given }: ActionCall): string => {
  const names =
    given !== null && typeof given === 'object' && !Array.isArray(given) ? Object.entries(given) : [['', given]];
  return [`> ${action}`, ...names.map(([name, value]) => indent(argument(String(name), value as Json)))].join('\n');
};

function argument(name: string, value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.includes('\n') ? `${name}:\n${indent(text)}` : `${name}: ${text}`;
}
