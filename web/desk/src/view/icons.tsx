export function Icon({ d, small = false }: { d: string; small?: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={small ? 14 : 18}
      height={small ? 14 : 18}
      className={small ? 'small-icon' : undefined}
      aria-hidden="true"
      focusable="false"
    >
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
export const PhoneIcon = () => (
  <Icon d="M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z" />
);
export const SendIcon = () => <Icon d="M4 12l16-8-6 16-3-7-7-1z" />;
export const TransferIcon = () => <Icon d="M4 8h13l-4-4M20 16H7l4 4" />;
export const CloseIcon = () => <Icon d="M5 13l4 4L19 7" />;
export const PersonIcon = () => <Icon d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-4 4-6 8-6s7 2 8 6" />;
export const BackIcon = () => <Icon d="M15 5l-7 7 7 7" />;
export const ThemeIcon = () => <Icon d="M20 14a8 8 0 1 1-10-10 6 6 0 0 0 10 10z" />;
export const DownIcon = () => <Icon d="M6 9l6 6 6-6" />;
export const AttachIcon = () => (
  <Icon d="M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.500 17a1.700 1.700 0 0 1-2.400-2.400L15 7" />
);
export const CannedIcon = () => <Icon d="M13 3L5 14h6l-1 7 9-12h-6l1-6z" />;
export const FormIcon = () => <Icon d="M5 4h14v16H5zM9 8h6M9 12h6M9 16h3" />;
export const FileIcon = () => <Icon d="M6 3h8l4 4v14H6zM14 3v4h4" />;
export const GearIcon = () => <Icon d="M4 7h10M18 7h2M4 17h2M10 17h10M16 4.500v5M8 14.500v5" />;
export const SearchIcon = () => <Icon d="M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5" />;
export const LockIcon = () => <Icon small d="M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3" />;
export const EyeIcon = () => (
  <Icon small d="M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z" />
);
export const PenIcon = () => <Icon small d="M4 20l1-4L16 5l3 3L8 19zM14 7l3 3" />;
