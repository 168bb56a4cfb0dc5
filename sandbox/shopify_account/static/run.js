// Start the extension's target once its bundle has registered it. The menu item opens the dialog behind it.
'use strict';

startHost().then(() => {
  const {target} = JSON.parse(document.getElementById('facts').textContent);
  if (target.endsWith('menu-item.render')) document.body.addEventListener('click', () => parent.postMessage({kind: 'menu'}, '*'));
  return window.extensionTargets[target]();
});
