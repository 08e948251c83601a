/** Stands where an answer is missing: the problem in bold, details, and what to do. */
import type { Fault } from '../model/questions.ts';
import type { PageState } from '../hooks/usePage.ts';

function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}

export function FaultMessage({ fault, page }: { fault: Fault; page: PageState }) {
  if (fault.kind === 'forbidden') {
    return (
      <div className="trouble">
        <p>
          <b>Ask an operator.</b> {sentence(fault.detail)}
        </p>
      </div>
    );
  }
  return (
    <div className="trouble">
      <p>
        <b>{sentence(fault.title)}</b>
      </p>
      {fault.detail && (
        <details>
          <summary>Details</summary>
          <p>
            {fault.detail}
            {fault.requestId && ` Request ${fault.requestId}.`}
          </p>
        </details>
      )}
      <button type="button" className="btn" onClick={page.askNow}>
        Try now
      </button>
    </div>
  );
}
