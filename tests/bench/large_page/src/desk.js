// A desk of an ordinary admin page: a component library, as most such pages are bundled with one.
import { Alert, Button, Card, ConfigProvider, DatePicker, Form, Input, Layout, Menu, Modal, Select, Steps, Table, Tabs, Tag, Tree, Upload } from 'antd'
import { createElement as make } from 'react'
import { createRoot } from 'react-dom/client'

const fields = [Input, Select, DatePicker, Upload, Tree].map((field, key) => make(Form.Item, { key }, make(field)))
const parts = [Alert, Menu, Modal, Steps, Table, Tabs, Tag].map((part, key) => make(part, { key }))
const desk = make(Card, {}, make(Form, {}, ...fields, make(Button, {}, 'Send')), ...parts)
const place = document.body.appendChild(document.createElement('aside'))
createRoot(place).render(make(ConfigProvider, {}, make(Layout, {}, desk)))
