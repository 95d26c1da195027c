import { Icon } from '../view/icons.tsx';

export const MicrophoneIcon = () => (
  <Icon d="M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4" />
);
export const MutedIcon = () => (
  <Icon d="M4 4l16 16M9 9v2a3 3 0 0 0 5 2M15 10V6a3 3 0 0 0-5.500-1.600M6 11a6 6 0 0 0 9.500 4.900M12 17v4" />
);
export const HoldIcon = () => <Icon d="M8 5v14M16 5v14" />;
export const KeypadIcon = () => (
  <Icon d="M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01" />
);
export const RecordIcon = () => <Icon d="M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z" />;
export const HangUpIcon = () => <Icon d="M3 14c5-5 13-5 18 0l-2 3-4-2v-3a10 10 0 0 0-6 0v3l-4 2z" />;
export const PlayIcon = () => <Icon d="M7 5l12 7-12 7z" />;
