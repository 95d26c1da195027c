/** Forms, as far as a post can be refused for them: see docs/socket.md. */

const isText = (value) => typeof value === 'string' && value.length <= 1_000;

function isObject(text) {
  try {
    const entries = Object.entries(JSON.parse(text));
    return (
      entries.length <= 20 && entries.every(([key, value]) => /^[a-z_]{1,32}$/.test(key) && isText(value))
    );
  } catch {
    return false;
  }
}

/** Why this form is not taken; `null`: it is. */
export function formRefusal(conversation, who, { form, text }) {
  if (form.filled !== (who.role === 'customer')) return 'forbidden';
  if (!isObject(text) || !/^[a-z_]{1,32}$/.test(form.form)) return 'bad_form';
  if (!form.filled || form.offer === 0) return null;
  const offered = conversation.events[form.offer - 1];
  if (!offered?.form || offered.form.filled || offered.form.form !== form.form) return 'no_such_form';
  const done = conversation.events.some((event) => event.form?.filled && event.form.offer === form.offer);
  return done ? 'form_done' : null;
}
