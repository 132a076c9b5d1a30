/** Seven long answers as models write them: what the pictures and the check of accessibility show. */
export const answers: Readonly<Record<string, string>> = {
  tutorial: `# Reading a stream in the browser

A \`fetch\` body is a **readable stream** of *bytes*. Decode it piece by piece, and show each piece as it comes.

## 1. Ask for it

\`\`\`js
const response = await fetch('/answer', { headers: { accept: 'text/event-stream' } })
if (!response.ok) throw new Error(\`The server says \${response.status}.\`)
\`\`\`

## 2. Decode it

\`\`\`ts
const decoder = new TextDecoderStream()
for await (const text of response.body!.pipeThrough(decoder)) {
  view.append(text) // shown with the next frame, and this comment is so long that the line has to scroll sideways
}
\`\`\`

> **Note:** bytes are not characters. A decoder keeps what is incomplete.

- [x] One code block
- [ ] ~~No~~ polyfill for old browsers

Press <kbd>Ctrl</kbd>+<kbd>C</kbd> to stop; it costs ~$5, or 5~7 minutes.[^1]

<details>
<summary>Why not WebSocket?</summary>

Because **HTTP** is enough.

</details>

[^1]: About as long as a coffee.
`,
  comparison: `Here is how they compare:
| Laptop | Price | Weight | Battery | Screen | Memory | Ports | Verdict |
|:--|--:|:-:|:-:|---|---|---|---|
| Alpha 13 | $1,299 | 1.2 kg | 14 h | 13.3″ OLED, 120 Hz | 16 GB | 2 × USB-C, jack | Best for travelling |
| Beta Pro | $1,899 | 1.6 kg | 18 h | 14.2″ mini-LED | 32 GB | 3 × USB-C, HDMI, SD | Best for video |
| Gamma Go | $799 | 1.4 kg | 9 h | 14″ IPS | 8 GB | USB-A, USB-C, HDMI | Best value |

The **Beta Pro** wins, if the price does not matter.
`,
  math: `The roots of \\(ax^2 + bx + c = 0\\) are

$$
x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}
$$

and by Euler \\[ e^{i\\pi} + 1 = 0 \\] so it holds for every $5 and $10 that you pay.

1. Let \\(a \\neq 0\\).
2. Then \\(\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}\\).
`,
  chinese: `# 流式渲染

**这是重点。**后面的文字继续，见 https://example.com。谢谢；然后再看一遍。

日本語も**「強調」**できます。한국어**(강조)**도 됩니다. ภาษาไทยก็อ่านได้ดี

- 第一项：边收边显示
- 第二项：\`代码\`与公式

> 引用：不丢一个字。

| 名称 | 价格 |
|---|--:|
| 苹果 | ¥5 |
`,
  arabic: `# مقدمة في التدفق

هذا نص عربي مع كلمات English في الوسط، و **كلمة مهمة** ثم \`code()\` داخل السطر.

1. الخطوة الأولى
2. الخطوة الثانية مع Node.js
3. الخطوة الثالثة

> اقتباس من اليمين إلى اليسار.

| الاسم | السعر |
|---|---|
| تفاح | 5 |

עברית נכתבת גם היא מימין לשמאל.

English again, from left to right.
`,
  languages: `# 日本語、한국어, ไทย, עברית

これは**「強調」**です。\`fetch\`で読み、届いた順に表示します。詳しくはhttps://example.com。次の文です。

한국어**(강조)**입니다. 목록도 있습니다:

- 첫째 항목은 ~~짧습니다~~ 조금 깁니다
- 둘째 항목

ภาษาไทยไม่มีช่องว่างระหว่างคำ **ตัวหนา** และ *ตัวเอียง* ต้องตัดบรรทัดได้ถูกต้องแม้ว่าข้อความจะยาวมากก็ตาม

1. עברית עם **הדגשה** ועם \`code\` באמצע
2. שורה שנייה, 25% מתוך 100

| 言語 | 언어 | ภาษา |
|---|---|---|
| 日本語 | 한국어 | ไทย |

> 引用です。二行目もあります。
`,
  lists: `1. First
   - with an item of its own
     - and another one inside

       A paragraph in it, with [a link](https://example.com).
   - second
2. Second

   \`\`\`sh
   npm test
   \`\`\`
3. Third
   1. deep
      1. deeper
         - deepest
10. Tenth
`,
}
