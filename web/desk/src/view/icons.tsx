function Icon({ d }: { d: string }) {
  return (
    <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">
      <path
        d={d}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export const ChatIcon = () => (
  <Icon d="M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z" />
);
export const SendIcon = () => <Icon d="M4 12l16-8-6 16-3-7-7-1z" />;
export const TransferIcon = () => <Icon d="M4 8h13l-4-4M20 16H7l4 4" />;
export const CloseIcon = () => <Icon d="M5 13l4 4L19 7" />;
export const PersonIcon = () => <Icon d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-4 4-6 8-6s7 2 8 6" />;
export const BackIcon = () => <Icon d="M15 5l-7 7 7 7" />;
export const ThemeIcon = () => <Icon d="M20 14a8 8 0 1 1-10-10 6 6 0 0 0 10 10z" />;
export const DownIcon = () => <Icon d="M6 9l6 6 6-6" />;
