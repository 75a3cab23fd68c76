// Our name of an icon → the Tabler file it is drawn from. `{% icon "name" %}` knows exactly these names.
const outline = (...names) => Object.fromEntries(names.map((name) => [name, `outline/${name}`]))

export const ICONS = {
  ...outline(
    'adjustments', 'alert-triangle', 'archive', 'arrow-down', 'arrow-down-right', 'arrow-left', 'arrow-right', 'arrow-up',
    'arrow-up-right', 'bell', 'box', 'building', 'building-store', 'calendar', 'calendar-event', 'camera', 'chart-bar', 'check',
    'checklist', 'chevron-down', 'chevron-left', 'chevron-right', 'circle-check', 'clock', 'columns', 'copy', 'device-mobile',
    'dots', 'download', 'edit', 'external-link', 'eye', 'file', 'file-text', 'filter', 'flag', 'folder', 'hierarchy', 'history',
    'home', 'info-circle', 'key', 'keyboard', 'language', 'list', 'list-check', 'lock', 'logout', 'mail', 'map-pin', 'message',
    'minus', 'moon', 'note', 'package', 'paperclip', 'percentage', 'phone', 'photo', 'player-play', 'plus', 'printer', 'receipt',
    'refresh', 'report', 'route', 'search', 'selector', 'send', 'settings', 'shield-lock', 'shopping-cart', 'speakerphone',
    'star', 'sun', 'table', 'tag', 'target', 'trash', 'trending-up', 'upload', 'user', 'users', 'wallet', 'x',
  ),
  'sun-moon': 'outline/brightness',
  handshake: 'outline/heart-handshake',
  menu: 'outline/menu-2',
  undo: 'outline/arrow-back-up',
}
