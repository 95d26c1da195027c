import type { Pair } from './pairs.ts';

/** Forms that agents offer and customers fill in; their fields are named in `shared/src/forms`. */
export const FORMS = {
  form: ['フォーム', 'Form'],
  formMenu: ['お客様に送るフォーム', 'Forms to send to the customer'],
  do_form: ['フォームを送る', 'Send a form'],
  formOffered: ['{form}のフォームを送りました', 'The form “{form}” was sent'],
  formOpen: ['未回答', 'not answered'],
  formAnswered: ['回答済み', 'answered'],
  formFilled: ['フォーム: {form}', 'Form: {form}'],
  returnAsk: ['返品を依頼する', 'Ask the shop for this return'],
  returnLooking: ['ご注文を探しています…', 'Looking for the order…'],
  returnMissing: [
    '注文 {number} は見つかりません。番号をお客様に確かめてください。',
    'There is no order {number}. Please ask the customer for the number again.',
  ],
  returnFailed: ['ご注文を調べられませんでした。', 'The order could not be looked up.'],
  returnBarred: [
    '注文 {number} は「{status}」のため、返品を依頼できません。',
    'A return of order {number} cannot be asked for: it is “{status}”.',
  ],
  returnElsewhere: [
    'この注文は、会話のお客様とは別の記録のものです。ご本人の注文か確かめてください。',
    'This order belongs to another record than the customer of the conversation. Please make sure that it is theirs.',
  ],
  returnTold: ['お客様の記入: {what}', 'The customer wrote: {what}'],
  reason_form_done: ['このフォームはすでに回答済みです', 'this form was answered already'],
  reason_no_such_form: ['そのフォームはありません', 'there is no such form'],
  reason_bad_form: ['フォームの内容に誤りがあります', 'the form cannot be taken so'],
} as const satisfies Record<string, Pair>;
