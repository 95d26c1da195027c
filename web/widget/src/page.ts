import { mount } from './mount.tsx';

const element = document.getElementById('madoguchi');
if (element)
  mount(element, {
    mode: 'page',
    home: { name: location.host, url: location.origin },
    queue: new URLSearchParams(location.search).get('queue') ?? 'support',
  });
