// Sends the one form of an auto-submit page. A classic script: the page must work in simple browsers too.
(function () {
  var form = document.getElementById("auto-submit");
  if (form) form.submit();
})();
