// Many components of antd: ordinary admin pages are bundled with a component library.
import {
  Alert, Button, Card, ConfigProvider, DatePicker, Form, Input, Layout, Menu, Modal, Select, Steps, Table, Tabs, Tag,
  Tree, Upload,
} from 'antd'
import { createElement as make } from 'react'
import { createRoot } from 'react-dom/client'

const fields = [Input, Select, DatePicker, Upload, Tree].map((field, key) => make(Form.Item, { key }, make(field)))
const parts = [Alert, Menu, Modal, Steps, Table, Tabs, Tag].map((part, key) => make(part, { key }))
const card = make(Card, {}, make(Form, {}, ...fields, make(Button, {}, 'Send')), ...parts)
const place = document.body.appendChild(document.createElement('aside'))
createRoot(place).render(make(ConfigProvider, {}, make(Layout, {}, card)))
