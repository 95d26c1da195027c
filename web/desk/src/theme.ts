import { createTheme, Drawer, Menu, Modal, Tooltip } from '@mantine/core';

/** Colours and fonts are in `desk.css`. Scroll locking would insert a style element, which a strict CSP forbids. */
export const theme = createTheme({
  primaryColor: 'teal',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
    // A dialog's head is no banner of the page, and a menu holds nothing but its items.
    ModalHeader: Modal.Header.extend({ defaultProps: { role: 'presentation' } }),
    DrawerHeader: Drawer.Header.extend({ defaultProps: { role: 'presentation' } }),
    Menu: Menu.extend({
      defaultProps: { shadow: 'md', position: 'bottom-start', withInitialFocusPlaceholder: false },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400 } }),
  },
});
