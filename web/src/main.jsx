import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';
import { createRoot } from 'react-dom/client';
import { Page } from './Page.jsx';
import { load } from './session.js';

load();
createRoot(document.getElementById('graphiql')).render(<Page />);
