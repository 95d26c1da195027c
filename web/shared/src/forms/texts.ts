import { type Dictionaries, type Language, translator } from '../text/i18n.ts';

const ja = {
  form: 'フォーム',
  formOf: 'フォーム: {what}',
  return: '返品',
  documents: '資料請求',
  contact: 'ご連絡先',
  return_order: 'ご注文番号',
  return_article: '商品名',
  return_quantity: '数量',
  return_reason: '返品の理由',
  return_words: '詳しいご事情',
  documents_what: 'ご希望の資料',
  documents_name: 'お名前',
  documents_postcode: '郵便番号',
  documents_address: 'ご住所',
  contact_name: 'お名前',
  contact_kana: 'フリガナ',
  contact_phone: '電話番号',
  contact_mail: 'メールアドレス',
  choice_damaged: '破損していた',
  choice_wrong_item: '違う品が届いた',
  choice_not_as_described: '説明と違う',
  choice_changed_mind: '気が変わった',
  fault_missing: 'ご記入ください。',
  fault_nothing: '一つ以上ご記入ください。',
  fault_not_number: '1 から 1,000 までの数をご記入ください。',
  fault_not_choice: '選択肢から選んでください。',
  fault_too_long: '長すぎます。短くしてください。',
  comma: '、',
} as const;

export type FormText = keyof typeof ja;

const en: Record<FormText, string> = {
  form: 'Form',
  formOf: 'Form: {what}',
  return: 'Return',
  documents: 'Request for documents',
  contact: 'Contact details',
  return_order: 'Order number',
  return_article: 'Article',
  return_quantity: 'How many',
  return_reason: 'Reason for the return',
  return_words: 'What happened',
  documents_what: 'What you would like to have',
  documents_name: 'Name',
  documents_postcode: 'Postcode',
  documents_address: 'Address',
  contact_name: 'Name',
  contact_kana: 'Name in kana',
  contact_phone: 'Phone number',
  contact_mail: 'E-mail',
  choice_damaged: 'It was damaged',
  choice_wrong_item: 'A wrong article came',
  choice_not_as_described: 'Not as described',
  choice_changed_mind: 'I changed my mind',
  fault_missing: 'Please fill this in.',
  fault_nothing: 'Please fill in at least one.',
  fault_not_number: 'Please enter a number from 1 to 1,000.',
  fault_not_choice: 'Please choose one of the list.',
  fault_too_long: 'Too long: please shorten it.',
  comma: ', ',
};

/** What customers and agents both read of forms. */
export const FORM_TEXTS: Dictionaries<FormText> = { ja, en };

/** A text of the forms; the word itself where there is none, as of a form that a newer center has. */
export function formText(language: Language, key: string, word: string, values = {}): string {
  return key in FORM_TEXTS.ja ? translator(FORM_TEXTS, language)(key as FormText, values) : word;
}
