// Sentences by the problem's name, for what can be met by whoever is not signed in; refusals.ts has the others.

export const problems: Record<string, string> = {
  unreachable: "온돌에 연결할 수 없습니다. 네트워크를 확인하고 다시 시도해 주세요.",
  "not-signed-in": "로그인이 만료되었습니다. 다시 로그인해 주세요.",
  "sign-in-failed": "로그인하지 못했습니다. 다시 시도하거나 다른 방법으로 로그인해 주세요.",
  "too-many-requests": "짧은 시간에 요청이 너무 많았습니다. 저장된 내용은 그대로입니다. 1분쯤 뒤에 다시 시도해 주세요.",
  "popup-blocked": "브라우저가 로그인 창을 막았습니다. 이 페이지의 팝업을 허용하고 다시 시도해 주세요.",
  blocked: "브라우저가 편집기를 열지 못하게 막았습니다. 이 페이지에 허용되지 않은 주소입니다. 운영자에게 알려 주세요.",
  "sign-in-again": "로그인한 지 오래되었습니다. 바뀐 것은 없습니다. 로그아웃한 뒤 다시 로그인해 주세요.",
  "mail-not-sent": "메일을 보내지 못했습니다. 잠시 뒤 다시 시도하거나 Google로 로그인해 주세요.",
  "too-many-mails": "이 주소로 메일을 너무 많이 보냈습니다. 잠시 뒤 다시 시도해 주세요.",
  "invalid-address": "이메일 주소가 올바르지 않습니다. 확인하고 다시 입력해 주세요.",
  "link-used": "이미 사용했거나 오래된 링크입니다. 새 링크를 받아 주세요.",
  "link-of-another": "이 링크는 다른 주소로 보낸 것입니다. 메일을 받은 주소를 입력해 주세요.",
  "other-provider": "이 이메일은 다른 로그인 방법으로 등록되어 있습니다. 그 방법으로 로그인해 주세요.",
  "prices-wrong": "지금은 비용을 계산할 수 없습니다. 운영자에게 알려 주세요.",
  "account-suspended": "이 계정은 정지되었습니다. 파일은 보관되어 있으니 운영자에게 문의해 주세요.",
};
