const path = (d: string) => (
  <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
    <path
      d={d}
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>
);

export const ChatIcon = () =>
  path('M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z');
export const ShutIcon = () => path('M6 6l12 12M18 6L6 18');
export const SendIcon = () => path('M4 12l16-8-6 16-3-7-7-1z');
export const WaitIcon = () => path('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2');
export const AttachIcon = () =>
  path('M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.5 17a1.7 1.7 0 0 1-2.4-2.4L15 7');
export const FileIcon = () => path('M6 3h8l4 4v14H6zM14 3v4h4');
