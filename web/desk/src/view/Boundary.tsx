import { Component, type ReactNode } from 'react';

interface Props {
  /** Stands in for what cannot be shown. */
  fallback: ReactNode;
  children: ReactNode;
}

/** What is shown of a customer comes from many systems: what cannot be shown takes itself away, never the desk. */
export class Boundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}
